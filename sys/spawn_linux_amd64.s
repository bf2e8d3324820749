#include "textflag.h"

// func cloneRun(l *launch) (result uintptr)
//
// Parent and child run at the same time, on the same memory and with the same stack pointer, so the child touches no
// stack at all, and the return address is kept in a register meanwhile. R12 is preserved by the kernel in the parent;
// the child has registers of its own and may use them all.
TEXT ·cloneRun(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	l+0(FP), CX
	MOVQ	0(CX), AX
	MOVQ	8(CX), DI
	MOVQ	16(CX), SI
	MOVQ	24(CX), DX
	MOVQ	32(CX), R10		// child_tid of clone
	MOVQ	40(CX), R13
	MOVQ	48(CX), BX
	MOVQ	56(CX), R15
	MOVQ	$0, R8
	MOVQ	$0, R9
	POPQ	R12
	SYSCALL
	TESTQ	AX, AX
	JEQ	child
	PUSHQ	R12
	MOVQ	AX, result+8(FP)
	RET

child:
	XORQ	R14, R14		// index of the op
	XORQ	BP, BP			// saved result
next:
	CMPQ	R14, BX
	JEQ	ran
	MOVQ	56(R13), R12		// flags
	MOVQ	0(R13), AX
	MOVQ	8(R13), DI
	MOVQ	16(R13), SI
	MOVQ	24(R13), DX
	MOVQ	32(R13), R10
	MOVQ	40(R13), R8
	MOVQ	48(R13), R9
	TESTQ	$8, R12			// opUse
	JEQ	noUse
	MOVQ	BP, DI
noUse:
	TESTQ	$2, R12			// opPID
	JNE	formatPID
	SYSCALL
	CMPQ	AX, $0xfffffffffffff001
	JCC	failed
	TESTQ	$4, R12			// opSave
	JEQ	done
	MOVQ	AX, BP
done:
	ADDQ	$64, R13
	INCQ	R14
	JMP	next

formatPID:
	MOVQ	$39, AX			// getpid
	SYSCALL
	MOVQ	8(R13), DI		// where the digits go
	MOVQ	AX, R8			// the number
	MOVQ	$10, R9
count:					// one place further for each digit after the first
	INCQ	DI
	XORQ	DX, DX
	DIVQ	R9
	TESTQ	AX, AX
	JNE	count
	MOVB	$0, (DI)
	MOVQ	R8, AX
digit:
	DECQ	DI
	XORQ	DX, DX
	DIVQ	R9
	ADDQ	$48, DX
	MOVB	DX, (DI)
	TESTQ	AX, AX
	JNE	digit
	JMP	done

failed:
	TESTQ	$1, R12			// opIgnore
	JNE	done
	NEGQ	AX
	MOVQ	AX, 0(R15)
	MOVQ	R14, 8(R15)
	MOVQ	R12, BX
	SHRQ	$8, BX
	ANDQ	$255, BX
	JMP	exit
ran:
	MOVQ	$0, BX
exit:
	MOVQ	BX, DI
	MOVQ	$231, AX		// exit_group
	SYSCALL
	JMP	exit
