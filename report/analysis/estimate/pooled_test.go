package estimate

import (
	"math"
	"testing"
)

// TestPooledSlope: by hand. Five groups of two points, Sxx = ½ each, slopes 1 2 3 4 5: 3 in common; without
// one of them 3.5 3.25 3 2.75 2.5, so that the jackknife's spread is 0.625·4/5 and half = t(4)·√0.5 =
// 2.7764·0.7071.
func TestPooledSlope(t *testing.T) {
	var groups []Points
	for k := 1.0; k <= 5; k++ {
		groups = append(groups, Points{[]float64{0, 1}, []float64{100 * k, 101*k + 0}})
	}
	slope, half := PooledSlope(groups)
	if math.Abs(slope-3) > 1e-9 || math.Abs(half-2.7764*math.Sqrt(.5)) > 1e-3 {
		t.Errorf("%v ± %v, want 3 ± 1.963", slope, half)
	}
	if slope, half := PooledSlope(groups[:4]); math.Abs(slope-2.5) > 1e-9 || !math.IsNaN(half) {
		t.Errorf("four groups: %v ± %v, want 2.5 and no interval", slope, half)
	}
	if slope, _ := PooledSlope([]Points{{[]float64{1, 1}, []float64{1, 2}}, {}}); !math.IsNaN(slope) {
		t.Errorf("without two different x the slope is %v", slope)
	}
}
