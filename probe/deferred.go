package probe

// DeferredACKs tells how many of a listener's drops (sk_drops) were no loss: the bare ACKs that
// TCP_DEFER_ACCEPT ignores until data comes (net/ipv4/tcp_minisocks.c, tcp_check_req). Each is one
// TcpExtTCPDeferAcceptDrop of the namespace and no TcpExtListenDrops. That drops exceed ListenDrops is no
// sign of them: a final ACK that meets a full queue is two drops of the socket and one ListenDrops. Both
// counters are given as their rise in the time of the drops; nil: not known.
//
// Likely is what must be bare ACKs where no other listener defers; at least as many drops as there are
// ListenDrops are never in it, so that no loss is hidden by it. Most is how many there can be.
func DeferredACKs(drops uint64, listenDrops, deferred *uint64) (likely, most uint64) {
	if deferred == nil {
		return 0, 0
	}
	most = min(drops, *deferred)
	if listenDrops == nil {
		return 0, most
	}
	return min(drops-min(drops, *listenDrops), most), most
}
