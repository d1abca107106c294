package words

// nginx: what NGINX said of the requests and of itself.
var nginx = Sentences{
	"times":          "{n} × {what}",
	"nginx.tries":    "{tries|number} a request[; hid {hidden}]",
	"nginx.no_tries": "none[; hid {hidden}]",
	"nginx.time":     "connect {connect|percent2}, header {header|percent2}[, body {body|percent2}]",
	"nginx.log": "{n|count request} in the log[, {missing} not]; {tries|count try/tries}[" +
		" ({per_request|number} a request)][, {unconnected} of them without a connection][; {retried|count" +
		" request} retried, {saved} of them saved][; hidden from the client: {hidden}][; of" +
		" {upstream|seconds} of upstream time {connect|percent2} went into connecting, {header|percent2}" +
		" into waiting for a response header, {body|percent2} into the rest]",
	"nginx.no_status": "none of {n|count poll} was answered",
	"nginx.status": "in {polls|count poll} at most {active|count connection} active ({reading} reading," +
		" {writing} writing, {waiting} waiting)[; {accepted} accepted, {handled} handled, {requested|count" +
		" request}]. NGINX counts a connection when it has accepted it. So these numbers lack what waits" +
		" in NGINX's own accept queue. They include weir's polls.",
	"nginx.example": "{text}. Request {request} of trial {trial}[, due at {due} s]",
}
