#include "textflag.h"

// func untilResult(calls *call, n uintptr) (result uintptr)
//
// R12 and R13 are preserved by the kernel.
TEXT ·untilResult(SB),NOSPLIT|NOFRAME,$0-24
	MOVQ	calls+0(FP), R12
	MOVQ	n+8(FP), R13
	XORQ	AX, AX
next:
	TESTQ	R13, R13
	JEQ	done
	MOVQ	0(R12), AX
	MOVQ	8(R12), DI
	MOVQ	16(R12), SI
	MOVQ	24(R12), DX
	MOVQ	32(R12), R10
	MOVQ	40(R12), R8
	MOVQ	48(R12), R9
	SYSCALL
	ADDQ	$56, R12
	DECQ	R13
	TESTQ	AX, AX
	JEQ	next
done:
	MOVQ	AX, result+16(FP)
	RET
