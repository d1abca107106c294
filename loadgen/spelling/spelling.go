// Package spelling finds what somebody meant who wrote a name that is none. It knows nothing of what the
// names are of, imports nothing of ours, and is for messages only: no name is ever taken for another.
package spelling

// Nearest is the name with the fewest letters to change, the first of those; "" where there is none at all.
func Nearest[S ~string](text S, names []S) (near S) {
	least := -1
	for _, name := range names {
		if d := Distance(text, name); least < 0 || d < least {
			near, least = name, d
		}
	}
	return near
}

// Distance is Levenshtein's: letters, in bytes, to put in, take out or change.
func Distance[S ~string](a, b S) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
