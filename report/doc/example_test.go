package doc_test

import (
	"fmt"
	"os"

	"weir/report/doc"
)

// A table is built once, and every format shows it.
func ExampleDocument() {
	d := doc.Document{Blocks: []doc.Block{doc.Table{
		Columns: doc.Numbers("direct", "proxy"),
		Rows: []doc.Row{
			{Label: doc.T("overflows"), Cells: doc.Cells("2,660", "2,654")},
			{Label: doc.T("latency p99"), Cells: doc.Cells("68.0 ms", "68.4 ms")},
		},
	}}}
	if err := doc.WriteText(os.Stdout, d, doc.TextOptions{}); err != nil {
		fmt.Println(err)
	}
	if err := doc.WriteMarkdown(os.Stdout, d); err != nil {
		fmt.Println(err)
	}
	// Output:
	// overflows    2,660    2,654
	// latency p99  68.0 ms  68.4 ms
	// |  | direct | proxy |
	// | --- | ---: | ---: |
	// | overflows | 2,660 | 2,654 |
	// | latency p99 | 68.0 ms | 68.4 ms |
}
