#include "textflag.h"

// func cloneRun(l *launch) (result uintptr)
//
// Parent and child run at the same time, on the same memory and with the same stack pointer. The frame is empty and the
// return address stays in the link register, which the kernel preserves, so the child touches no stack at all. R19 to R26
// are preserved by the kernel across the call; the child has registers of its own and may use them all.
TEXT ·cloneRun(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	l+0(FP), R9
	MOVD	0(R9), R8
	MOVD	8(R9), R0
	MOVD	16(R9), R1
	MOVD	24(R9), R2
	MOVD	32(R9), R4		// child_tid of clone
	MOVD	40(R9), R19
	MOVD	48(R9), R20
	MOVD	56(R9), R21
	MOVD	$0, R3
	MOVD	$0, R5
	SVC
	CBZ	R0, child
	MOVD	R0, result+8(FP)
	RET

child:
	MOVD	$0, R22			// index of the op
	MOVD	$0, R23			// saved result
next:
	CMP	R22, R20
	BEQ	ran
	MOVD	56(R19), R24		// flags
	MOVD	0(R19), R8
	MOVD	8(R19), R0
	MOVD	16(R19), R1
	MOVD	24(R19), R2
	MOVD	32(R19), R3
	MOVD	40(R19), R4
	MOVD	48(R19), R5
	TBZ	$3, R24, noUse		// opUse
	MOVD	R23, R0
noUse:
	TBNZ	$1, R24, formatPID	// opPID
	SVC
	CMN	$4095, R0
	BCS	failed
	TBZ	$2, R24, done		// opSave
	MOVD	R0, R23
done:
	ADD	$64, R19
	ADD	$1, R22
	B	next

formatPID:
	MOVD	$172, R8		// getpid
	SVC
	MOVD	8(R19), R1		// where the digits go
	MOVD	R0, R2
	MOVD	$10, R3
count:					// one place further for each digit after the first
	ADD	$1, R1
	UDIV	R3, R2, R2
	CBNZ	R2, count
	MOVB	ZR, (R1)
digit:
	SUB	$1, R1
	UDIV	R3, R0, R2
	MSUB	R3, R0, R2, R4		// R4 = R0 - R2*10
	ADD	$48, R4
	MOVB	R4, (R1)
	MOVD	R2, R0
	CBNZ	R0, digit
	B	done

failed:
	TBNZ	$0, R24, done		// opIgnore
	NEG	R0, R0
	MOVD	R0, 0(R21)
	MOVD	R22, 8(R21)
	LSR	$8, R24, R25
	AND	$255, R25
	B	exit
ran:
	MOVD	$0, R25
exit:
	MOVD	R25, R0
	MOVD	$94, R8			// exit_group
	SVC
	B	exit
