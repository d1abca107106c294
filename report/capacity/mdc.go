package capacity

import (
	"math"
	"math/cmplx"
)

// tailMDc is P(N ≥ K) of the M/D/c queue in its steady state, a < c.
//
// Over one service time all who were in service leave and Poisson(a) arrive, so N' = (N−c)⁺ +
// Poisson(a) has the same law as N (Crommelin 1932). Iterating that to its fixed point takes some
// c/(1−ρ)² steps, too many near capacity. Its generating function is known instead,
//
//	P(z) = (c−a)(z−1) Π_k (z−z_k)/(1−z_k) · e^{a(z−1)} / (z^c − e^{a(z−1)}),
//
// with z_k the c−1 other roots of z^c = e^{a(z−1)} in the unit disc, and the sum of its first K
// coefficients is a mean over M points of the unit circle. M is taken so large that p_{M+j}, which
// that mean adds to p_j, is below 1e-16. Absolute error: some 1e-14.
func tailMDc(c, K int, a float64) float64 {
	roots := mdcRoots(c, a)
	norm := cmplx.Log(complex(float64(c)-a, 0))
	for _, z := range roots {
		norm -= cmplx.Log(1 - z)
	}
	points := K + c + int(37/mdcDecay(c, a))
	points += points % 2
	head := 0.0
	for i := 0; i < points/2; i++ { // the other half is conjugate; no point is 1, where P is 0/0
		z := cmplx.Rect(1, 2*math.Pi*(float64(i)+.5)/float64(points))
		shift := complex(a, 0) * (z - 1)
		log := norm + shift + cmplx.Log(z-1) // logarithms: for many servers the factors overflow
		for _, r := range roots {
			log += cmplx.Log(z - r)
		}
		zc := cmplx.Rect(1, float64(c)*cmplx.Phase(z))
		zK := cmplx.Rect(1, -float64(K)*cmplx.Phase(z))
		p := cmplx.Exp(log) / (zc - cmplx.Exp(shift))
		head += 2 * real(p*(1-zK)/(1-1/z)) // 1 + 1/z + … + 1/z^(K−1)
	}
	return max(0, 1-head/float64(points))
}

// mdcRoots are the roots of z^c = e^{a(z−1)} inside the unit circle. On branch k the map below
// contracts by ρ|z|.
func mdcRoots(c int, a float64) []complex128 {
	roots := make([]complex128, 0, c-1)
	rho := complex(a/float64(c), 0)
	for k := 1; k < c; k++ {
		turn := cmplx.Rect(1, 2*math.Pi*float64(k)/float64(c))
		z := complex128(0)
		for range 100_000 {
			next := turn * cmplx.Exp(rho*(z-1))
			done := cmplx.Abs(next-z) < 1e-16
			z = next
			if done {
				break
			}
		}
		roots = append(roots, z)
	}
	return roots
}

// mdcDecay is ln τ with τ > 1 the root of τ^c = e^{a(τ−1)}: far out, p_{n+1}/p_n = 1/τ. It is found
// by bisection of c·x = a(e^x − 1), which x = 2(1−ρ)/ρ² and more overshoot.
func mdcDecay(c int, a float64) float64 {
	rho := a / float64(c)
	low, high := 0.0, 1.0
	for rho*math.Expm1(high) < high {
		high *= 2
	}
	for range 200 {
		if mid := (low + high) / 2; rho*math.Expm1(mid) < mid {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}
