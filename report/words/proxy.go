package words

// proxies: what a proxy's log says of requests, and what the proxy was.
var proxies = Sentences{}
