package result

// Finding is something that was found: a code, and the numbers and names that belong to it. What people read
// of it is made by package words, the only one that has sentences; no code reads a sentence.
//
// In report.json it is its sentence. The keys beside it have the code and the numbers.
type Finding struct {
	Code Code
	Lane string // whose it is; "": the run's. Its name stands before the sentence
	Args Args
	Text string // its sentence, set by words.Fill before it is shown; the analysis leaves it empty
}

// Found is a finding without its sentence.
func Found(code Code, args Args) Finding { return Finding{Code: code, Args: args} }

// Code names a kind of finding, stable for programs: "queue_full", "short_trials".
type Code string

// Args are what a finding's sentence names, by the placeholders' names. Values are uint64 or int (counts),
// float64 (in base units), time.Duration, string, []string, bool, unit.Estimate, Finding or []Finding. Absent
// is not zero: what is not known is left out.
type Args map[string]any

// IsZero reports whether nothing was found.
func (f Finding) IsZero() bool { return f.Code == "" && f.Text == "" }

// String is the sentence, once words has set it.
func (f Finding) String() string { return f.Text }

// MarshalText writes the sentence.
func (f Finding) MarshalText() ([]byte, error) { return []byte(f.Text), nil }

// UnmarshalText takes a sentence back, for programs that read a report.
func (f *Finding) UnmarshalText(b []byte) error {
	f.Text = string(b)
	return nil
}
