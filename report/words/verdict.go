package words

// verdicts: what a run showed: onsets, searches, recovery, capacity.
var verdicts = Sentences{}
