package words

// comparisons: what differs between two runs or two lanes.
var comparisons = Sentences{}
