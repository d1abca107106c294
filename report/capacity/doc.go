// Package capacity is the arithmetic of a worker pool behind a listen backlog: what it can serve,
// when its accept queue overflows, what is lost, and a simulator that does the same by events where
// no formula is exact.
//
// Its opinion: a server with W workers and a service time S serves W/S requests a second and not one
// more; a backlog buys time, C/(L−μ) seconds of it, and no capacity. Everything here is a pure
// function of its arguments. It measures nothing, knows no socket, and imports nothing of weir, so
// that anyone may use it. It is not a model of the network, or of requests that differ in importance. A
// server that slows down under load is one of the simulator's alone.
//
// Symbols, as in the literature: W servers, S mean service time, μ = W/S capacity, L offered rate,
// ρ = L/μ, a = LS offered load in erlangs, B the backlog given to listen(2), C = B+1 the connections
// that the kernel's accept queue really holds (sk_acceptq_is_full in include/net/sock.h compares with
// ">"), K = W+C the places in the whole system.
package capacity
