#include "textflag.h"

// func untilResult(calls *call, n uintptr) (result uintptr)
//
// R19 and R20 are preserved by the kernel.
TEXT ·untilResult(SB),NOSPLIT|NOFRAME,$0-24
	MOVD	calls+0(FP), R19
	MOVD	n+8(FP), R20
	MOVD	$0, R0
next:
	CBZ	R20, done
	MOVD	0(R19), R8
	MOVD	8(R19), R0
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	48(R19), R5
	SVC
	ADD	$56, R19
	SUB	$1, R20
	CBZ	R0, next
done:
	MOVD	R0, result+16(FP)
	RET
