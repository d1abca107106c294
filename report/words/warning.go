package words

// warnings: what weakens a run, and what makes it invalid.
var warnings = Sentences{}
