// Peers measures the event loop engine, with its full record, side by side with the generators that people
// know: wrk, wrk2, ab, h2load, hey, vegeta and k6. All of them load one NGINX over loopback with the same
// number of connections, the server on one core and the generator on another, in a network namespace of its
// own, so that nothing of the machine is changed.
//
// It believes that two numbers taken at different times cannot be compared: the generators take turns,
// round after round, and what is judged is a ratio of medians. It judges by targets, but never fails for
// them: a machine that is busy misses some. It is not for finding out how fast NGINX is.
package main
