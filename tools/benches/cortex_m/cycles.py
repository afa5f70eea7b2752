"""Estimates the cycles of a Cortex-M4: runs a function in the emulator unicorn and adds the timings of ARM's manual (DDI 0439,
instruction set summary) for flash without wait states. Loads are pipelined, taken branches cost more, and a result of the FPU is
one cycle late for the next instruction.
"""
import collections

from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from capstone.arm import ARM_OP_REG
from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_HOOK_CODE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import (UC_ARM_REG_C1_C0_2, UC_ARM_REG_FPEXC, UC_ARM_REG_LR, UC_ARM_REG_R0, UC_ARM_REG_SP,
                               UC_CPU_ARM_CORTEX_M4)

STACK, END, PAGE = 0x60000000, 0x70000000, 0x10000
Timing = collections.namedtuple("Timing", "cycles size is_load is_branch is_jump result reads")


def timing(instruction):
    """The timing of an instruction that does not depend on its neighbours."""
    name = instruction.mnemonic.split(".")[0]
    registers = [instruction.reg_name(o.reg) for o in instruction.operands if o.type == ARM_OP_REG]
    is_load = is_branch = False
    cycles = 1
    if name.startswith(("vldm", "vstm", "vpop", "vpush")):
        moved = registers[1:] if name.startswith(("vldm", "vstm")) else registers
        cycles = 1 + sum(2 if r.startswith("d") else 1 for r in moved)
    elif name.startswith(("ldm", "stm", "push", "pop")):
        moved = registers[1:] if name.startswith(("ldm", "stm")) else registers
        cycles = 1 + len(moved) + (2 if "pc" in moved else 0)
    elif name.startswith(("ldrd", "strd")):
        cycles = 3
    elif name.startswith(("vldr", "ldr", "vstr")):
        cycles, is_load = 2, True
    elif name.startswith("str"):
        is_load = True
    elif name.startswith(("vfma", "vfms", "vmla", "vmls", "vfnm", "vnml")):
        cycles = 3
    elif name.startswith(("vdiv", "vsqrt")):
        cycles = 14
    elif name.startswith(("udiv", "sdiv")):
        cycles = 7
    elif name in ("bl", "blx", "bx"):
        cycles = 3
    elif name in ("tbb", "tbh"):
        cycles = 4
    elif name in ("cbz", "cbnz") or name.startswith("b") and name not in ("bic", "bics", "bfi", "bfc", "bkpt"):
        is_branch = True
    is_jump = is_branch or name in ("bl", "blx", "bx", "tbb", "tbh") or "pc" in registers
    is_fpu = name.startswith(("vadd", "vsub", "vmul", "vfma", "vmla", "vnmul", "vfms", "vmls"))
    result = instruction.operands[0].reg if is_fpu else None
    return Timing(cycles, instruction.size, is_load, is_branch, is_jump, result, set(instruction.regs_access()[0]))


class Core:
    def __init__(self, path):
        self.emulator = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        self.emulator.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M4)
        self.decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
        self.decoder.detail = True
        with open(path, "rb") as file:
            elf = ELFFile(file)
            self.symbols = {s.name: s["st_value"] for s in elf.get_section_by_name(".symtab").iter_symbols()}
            pages = {STACK, END}
            segments = [s for s in elf.iter_segments() if s["p_type"] == "PT_LOAD" and s["p_memsz"]]
            for s in segments:
                pages.update(range(s["p_vaddr"] // PAGE * PAGE, s["p_vaddr"] + s["p_memsz"], PAGE))
            for page in pages:
                self.emulator.mem_map(page, PAGE)
            for s in segments:
                self.emulator.mem_write(s["p_vaddr"], s.data())
        self.emulator.reg_write(UC_ARM_REG_C1_C0_2, self.emulator.reg_read(UC_ARM_REG_C1_C0_2) | 0xf << 20)
        self.emulator.reg_write(UC_ARM_REG_FPEXC, 0x40000000)
        self.emulator.hook_add(UC_HOOK_CODE, self.step)
        self.timings = {}

    def run(self, function, argument):
        """Calls a function with a pointer to some bytes; returns instructions and cycles."""
        self.instructions = self.cycles = 0
        self.before = None
        self.emulator.mem_write(STACK, argument)
        self.emulator.reg_write(UC_ARM_REG_SP, STACK + PAGE)
        self.emulator.reg_write(UC_ARM_REG_LR, END | 1)
        self.emulator.reg_write(UC_ARM_REG_R0, STACK)
        self.emulator.emu_start(self.symbols[function] | 1, END)
        return self.instructions, self.cycles

    def step(self, _, address, size, __):
        now = self.timings.get(address)
        if now is None:
            code = bytes(self.emulator.mem_read(address, size))
            now = self.timings[address] = timing(next(self.decoder.disasm(code, address, 1)))
        self.instructions += 1
        self.cycles += now.cycles
        if self.before:
            at, before = self.before
            behind = at + before.size
            if before.is_branch and address != behind:
                self.cycles += 2  # taken
            elif not before.is_jump and behind < address <= behind + 16:
                skipped = self.skipped(behind, address)
                self.instructions += skipped
                self.cycles += skipped
            if now.is_load and before.is_load and now.cycles == 2:
                self.cycles -= 1
            if before.result is not None and before.result in now.reads:
                self.cycles += 1
        self.before = address, now

    def skipped(self, at, end):
        """How many instructions after an IT were not executed: unicorn does not report them, but each takes a cycle."""
        count = 0
        while at < end:
            at += 4 if self.emulator.mem_read(at + 1, 1)[0] >> 3 >= 0x1d else 2
            count += 1
        return count
