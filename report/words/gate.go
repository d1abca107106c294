package words

// gates: why an assertion has no better answer.
var gates = Sentences{}
