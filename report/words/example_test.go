package words_test

import (
	"fmt"

	"weir/report/result"
	"weir/report/words"
)

// A finding is a code and its values. Its sentence is made here, and no code reads it.
func ExampleOf() {
	fmt.Println(words.Of(result.Finding{Code: "search_no_upper", Args: result.Args{"rate": 395.7}}))
	// Output: 395.7 req/s, the highest rate of a search, was sustained.
}
