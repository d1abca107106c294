//go:build amd64 || arm64

package trace

import (
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// States of a TCP socket (include/net/tcp_states.h).
const (
	tcpEstablished = 1
	tcpSynRecv     = 3
	tcpListen      = 10
)

// Counters are one value per processor, in words of 64 bits.
const (
	atWaits       = 0
	atWaitSum     = buckets
	atUnaccounted = atWaitSum + 1
	atReceived    = atUnaccounted + 1
	atReasons     = atReceived + 1 // by party, then reason
	reasons       = 64
	words         = atReasons + 3*reasons
)

// parties in the order of the counters.
var parties = [...]Party{Listener, Connection, NoSocket}

// programs are what is assembled for one configuration on one kernel.
type programs struct {
	layout
	conf   Config
	queued int // map: socket → when it was queued, ns
	counts int // map: the counters
}

// enqueued notes when a connection was put into an accept queue. Arguments: socket, old state, new state.
func (p *programs) enqueued() asm.Instructions {
	return concat(
		asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			argument(asm.R1, 1), asm.JNE.Imm(asm.R1, tcpSynRecv, "out"),
			argument(asm.R1, 2), asm.JNE.Imm(asm.R1, tcpEstablished, "out"),
			argument(asm.R7, 0),
		},
		p.watched(asm.R7, "watched"),
		labelled("watched", asm.Instructions{
			asm.FnKtimeGetNs.Call(),
			asm.StoreMem(asm.RFP, stackKey, asm.R7, asm.DWord),
			asm.StoreMem(asm.RFP, stackValue, asm.R0, asm.DWord),
			asm.LoadMapPtr(asm.R1, p.queued),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, stackKey),
			asm.Mov.Reg(asm.R3, asm.RFP), asm.Add.Imm(asm.R3, stackValue),
			asm.Mov.Imm(asm.R4, 0), // BPF_ANY
			asm.FnMapUpdateElem.Call(),
		}),
		end(),
	)
}

// accepted times the connection that accept or accept4 returned. Arguments: registers, returned value.
func (p *programs) accepted() asm.Instructions {
	return concat(
		asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			argument(asm.R8, 1), asm.JSLT.Imm(asm.R8, 0, "out"),
			argument(asm.R7, 0),
		},
		read(asm.R1, asm.R7, p.syscallNumber, asm.Word),
		asm.Instructions{
			asm.JEq.Imm(asm.R1, unix.SYS_ACCEPT4, "accept"),
			asm.JEq.Imm(asm.R1, unix.SYS_ACCEPT, "accept"),
			asm.Ja.Label("out"),
			asm.FnGetCurrentTask.Call().WithSymbol("accept"),
			asm.Mov.Reg(asm.R7, asm.R0),
		},
		follow(asm.R7, asm.R7, p.taskFiles), follow(asm.R7, asm.R7, p.filesTable),
		follow(asm.R7, asm.R7, p.tableFiles),
		asm.Instructions{asm.LSh.Imm(asm.R8, 3), asm.Add.Reg(asm.R7, asm.R8)},
		follow(asm.R7, asm.R7, 0), follow(asm.R7, asm.R7, p.filePrivate),
		follow(asm.R7, asm.R7, p.socketSock),
		asm.Instructions{
			asm.StoreMem(asm.RFP, stackKey, asm.R7, asm.DWord),
			asm.LoadMapPtr(asm.R1, p.queued),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, stackKey),
			asm.FnMapLookupElem.Call(),
			asm.JNE.Imm(asm.R0, 0, "known"),
		},
		p.watched(asm.R7, "unaccounted"),
		labelled("unaccounted", totals(p.counts, asm.R9)), count(asm.R9, atUnaccounted*8),
		asm.Instructions{
			asm.Ja.Label("out"),
			asm.LoadMem(asm.R8, asm.R0, 0, asm.DWord).WithSymbol("known"),
			asm.FnKtimeGetNs.Call(),
			asm.Sub.Reg(asm.R0, asm.R8),
			asm.Mov.Reg(asm.R8, asm.R0),
			asm.StoreMem(asm.RFP, stackKey, asm.R7, asm.DWord),
			asm.LoadMapPtr(asm.R1, p.queued),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, stackKey),
			asm.FnMapDeleteElem.Call(),
		},
		totals(p.counts, asm.R9),
		asm.Instructions{asm.AddAtomic.Mem(asm.R9, asm.R8, asm.DWord, atWaitSum*8)},
		bucket(),
		asm.Instructions{asm.LSh.Imm(asm.R8, 3), asm.Add.Reg(asm.R9, asm.R8)},
		count(asm.R9, atWaits*8),
		end(),
	)
}

// bucket makes the index of its bucket out of the wait in R8: the octave is found by halving, the two bits
// that follow the leading one are the part of it.
func bucket() asm.Instructions {
	code := asm.Instructions{asm.Or.Imm(asm.R8, 1<<perOctave), asm.Mov.Reg(asm.R1, asm.R8),
		asm.Mov.Imm(asm.R2, 0)}
	for _, half := range []int32{32, 16, 8, 4, 2, 1} {
		below := map[int32]string{32: "b32", 16: "b16", 8: "b8", 4: "b4", 2: "b2", 1: "b1"}[half]
		next := map[int32]string{32: "b16", 16: "b8", 8: "b4", 4: "b2", 2: "b1", 1: "found"}[half]
		step := asm.Instructions{
			asm.Mov.Reg(asm.R3, asm.R1), asm.RSh.Imm(asm.R3, half), asm.JEq.Imm(asm.R3, 0, next),
			asm.Mov.Reg(asm.R1, asm.R3), asm.Add.Imm(asm.R2, half),
		}
		code = append(code, labelled(below, step)...)
	}
	return append(code,
		asm.Mov.Reg(asm.R3, asm.R2).WithSymbol("found"), asm.Sub.Imm(asm.R3, perOctave),
		asm.RSh.Reg(asm.R8, asm.R3), asm.And.Imm(asm.R8, 1<<perOctave-1),
		asm.LSh.Imm(asm.R2, perOctave), asm.Add.Reg(asm.R8, asm.R2),
		asm.And.Imm(asm.R8, buckets-1), // for the verifier
	)
}

// sentReset counts an RST by party and reason. Arguments: the socket, or 0; the packet that it answers, or 0;
// the reason.
func (p *programs) sentReset() asm.Instructions {
	return concat(
		asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1), argument(asm.R7, 0), asm.JEq.Imm(asm.R7, 0, "packet")},
		p.watched(asm.R7, "socket"),
		labelled("socket", read(asm.R7, asm.R7, p.skState, asm.Byte)),
		p.reason(),
		asm.Instructions{
			asm.JEq.Imm(asm.R7, tcpListen, "count"),
			asm.Add.Imm(asm.R8, reasons),
			asm.Ja.Label("count"),
			argument(asm.R7, 1).WithSymbol("packet"), asm.JEq.Imm(asm.R7, 0, "out"),
		},
		follow(asm.R9, asm.R7, p.skbDev), follow(asm.R9, asm.R9, p.devNet), p.inNetwork(asm.R9),
		follow(asm.R9, asm.R7, p.skbHead), read(asm.R8, asm.R7, p.skbTransport, asm.Half),
		asm.Instructions{asm.Add.Reg(asm.R9, asm.R8)},
		read(asm.R1, asm.R9, 2, asm.Half), // tcphdr.dest: it was sent to us
		asm.Instructions{asm.HostTo(asm.BE, asm.R1, asm.Half)},
		p.atPort(asm.R1, "stray"),
		labelled("stray", p.reason()), asm.Instructions{asm.Add.Imm(asm.R8, 2*reasons)},
		labelled("count", totals(p.counts, asm.R9)),
		asm.Instructions{asm.LSh.Imm(asm.R8, 3), asm.Add.Reg(asm.R9, asm.R8)},
		count(asm.R9, atReasons*8),
		end(),
	)
}

// reason loads why an RST is sent, 0 where the kernel does not tell.
func (p *programs) reason() asm.Instructions {
	if !p.resetReason {
		return asm.Instructions{asm.Mov.Imm(asm.R8, 0)}
	}
	return asm.Instructions{argument(asm.R8, 2), asm.And.Imm(asm.R8, reasons-1)}
}

// receivedReset counts an RST that ended a connection of ours. Argument: the socket.
func (p *programs) receivedReset() asm.Instructions {
	return concat(
		asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1), argument(asm.R7, 0)},
		p.watched(asm.R7, "watched"),
		labelled("watched", totals(p.counts, asm.R9)), count(asm.R9, atReceived*8),
		end(),
	)
}
