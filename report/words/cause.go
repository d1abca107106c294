package words

// causes: why requests failed.
var causes = Sentences{}
