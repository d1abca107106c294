//go:build amd64 || arm64

package trace

import "github.com/cilium/ebpf/asm"

// Registers and stack of the programs. R6 to R9 survive calls; below the frame pointer is what they read and
// pass on.
const (
	stackWord  = -8  // what was read last
	stackKey   = -16 // a key of a map
	stackValue = -24 // and a value
)

// argument loads an argument of a raw tracepoint, whose context must be in R6.
func argument(to asm.Register, n int16) asm.Instruction {
	return asm.LoadMem(to, asm.R6, n*8, asm.DWord)
}

// read reads so many bytes of the kernel's memory at base + offset into a register. Memory that is not there
// reads as 0. base must survive calls.
func read(to, base asm.Register, offset int32, size asm.Size) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R1, 0),
		asm.StoreMem(asm.RFP, stackWord, asm.R1, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, stackWord),
		asm.Mov.Imm(asm.R2, int32(size.Sizeof())),
		asm.Mov.Reg(asm.R3, base),
		asm.Add.Imm(asm.R3, offset),
		asm.FnProbeReadKernel.Call(),
		asm.LoadMem(to, asm.RFP, stackWord, size),
	}
}

// follow reads a pointer where another points, and jumps out if there is none.
func follow(to, base asm.Register, offset int32) asm.Instructions {
	return append(read(to, base, offset, asm.DWord), asm.JEq.Imm(to, 0, "out"))
}

// inNetwork jumps out unless the struct net at a pointer is the one that is traced. The pointer must survive
// calls.
func (p *programs) inNetwork(net asm.Register) asm.Instructions {
	return append(read(asm.R1, net, p.netInode, asm.Word),
		asm.LoadImm(asm.R2, int64(p.conf.NetNS), asm.DWord),
		asm.JNE.Reg(asm.R1, asm.R2, "out"),
	)
}

// atPort jumps to a label if the port is one that is traced, and out if not.
func (p *programs) atPort(port asm.Register, label string) asm.Instructions {
	var code asm.Instructions
	for _, n := range p.conf.Ports {
		code = append(code, asm.JEq.Imm(port, int32(n), label))
	}
	return append(code, asm.Ja.Label("out"))
}

// watched jumps to a label if a socket is one of those that are traced, and out if not. It uses R9. A socket
// that is being closed has given its number back already (tcp_set_state), and still has the port that it
// sends from.
func (p *programs) watched(sk asm.Register, label string) asm.Instructions {
	return concat(
		follow(asm.R9, sk, p.skNet), p.inNetwork(asm.R9),
		read(asm.R1, sk, p.skPort, asm.Half), asm.Instructions{asm.JNE.Imm(asm.R1, 0, "numbered")},
		read(asm.R1, sk, p.inetSport, asm.Half), asm.Instructions{asm.HostTo(asm.BE, asm.R1, asm.Half)},
		labelled("numbered", p.atPort(asm.R1, label)),
	)
}

// count adds one to the 64-bit counter at an offset, in bytes, of a value to which a register points.
func count(value asm.Register, at int16) asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R1, 1), asm.AddAtomic.Mem(value, asm.R1, asm.DWord, at)}
}

// totals looks up the counters of this processor; it jumps out if there are none, which cannot be.
func totals(fd int, to asm.Register) asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, stackKey, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, fd),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, stackKey),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Reg(to, asm.R0),
	}
}

// labelled puts a label on the first instruction.
func labelled(label string, code asm.Instructions) asm.Instructions {
	code[0] = code[0].WithSymbol(label)
	return code
}

// end is where programs jump out to.
func end() asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return()}
}

func concat(parts ...asm.Instructions) (code asm.Instructions) {
	for _, p := range parts {
		code = append(code, p...)
	}
	return code
}
