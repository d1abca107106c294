package estimate

import (
	"math"
	"testing"
)

// TestSlope: by hand. x = 1 2 3 4, y = 2 3 5 6: Sxx = 5, Sxy = 7, slope 1.4, rest 0.2; t(2) = 4.3027, half =
// 4.3027·√(0.1/5) = 0.6085.
func TestSlope(t *testing.T) {
	slope, half := Slope([]float64{1, 2, 3, 4}, []float64{2, 3, 5, 6})
	if math.Abs(slope-1.4) > 1e-12 || math.Abs(half-.60849) > 1e-4 {
		t.Errorf("%v ± %v, want 1.4 ± 0.6085", slope, half)
	}
	for _, x := range [][]float64{{1, 2}, {1, 1, 1}} {
		if slope, _ := Slope(x, x); !math.IsNaN(slope) {
			t.Errorf("%v has the slope %v", x, slope)
		}
	}
}
