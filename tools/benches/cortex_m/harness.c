/* Measures the functions of a flow in QEMU and prints what they cost and what they compute.

   With `-icount shift=0` (see examples/firmware/qemu) an instruction takes a nanosecond. SysTick ticks at 25 MHz, so a tick is 40
   instructions. */
#include <stdbool.h>
#include <stdint.h>

#define POINTS 5
#define TIMES 20

float log_prob(const float *x);
/* Only couplet has these. */
__attribute__((weak)) float forward(const float *x);
__attribute__((weak)) float inverse(const float *z);
__attribute__((weak)) float sample(uint32_t *generator);
__attribute__((weak)) bool self_test(void);

static volatile uint32_t *const CSR = (uint32_t *)0xE000E010, *const RVR = (uint32_t *)0xE000E014, *const CVR = (uint32_t *)0xE000E018;

/* Features between -2 and 2. table.py writes the same into the memory of cycles.py. */
float points[POINTS][D];

static void draw(void) {
  uint32_t word = 0x12345678;
  for (int i = 0; i < POINTS; i++)
    for (int j = 0; j < D; j++) {
      word ^= word << 13, word ^= word >> 17, word ^= word << 5;
      points[i][j] = (float)(word >> 8) / (1 << 22) - 2;
    }
}

/* Semihosting. */
static void call(int operation, const void *argument) {
  register int r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}
static void text(const char *text) { call(4, text); }
static void number(const char *name, uint32_t value) {
  char digits[11], *digit = digits + 10;
  *digit = 0;
  do *--digit = '0' + value % 10; while (value /= 10);
  text(name), text(" "), text(digit), text("\n");
}
static void end(bool well) {
  call(0x18, (void *)(well ? 0x20026 : 0x20024));
  for (;;);
}

static uint32_t generator[4] = {1, 2, 3, 4};
static float draw_sample(const float *unused) { return sample(generator); }

/* Writes a pattern below the stack pointer, calls f, and returns how many bytes down the pattern has changed. */
__attribute__((noinline)) static uint32_t stack_bytes(float (*f)(const float *)) {
  enum { PAINT = 0xa5c35a3c, WORDS = 4096 };
  volatile uint32_t *top;
  __asm__ volatile("mov %0, sp" : "=r"(top));
  for (int i = 1; i <= WORDS; i++) top[-i] = PAINT;
  f(points[0]);
  int used = WORDS;
  while (used && top[-used] == PAINT) used--;
  return used * 4;
}

static uint32_t instructions(void) {
  *RVR = 0xffffff, *CVR = 0, *CSR = 5;
  while (!*CVR);
  uint32_t start = *CVR;
  for (int k = 0; k < TIMES; k++)
    for (int i = 0; i < POINTS; i++) log_prob(points[i]);
  return ((start - *CVR) & 0xffffff) * 40 / (TIMES * POINTS);
}

static void fault(void) { text("fault\n"), end(false); }

static void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xf << 20; /* turns the FPU on */
  __asm__ volatile("dsb\nisb");
  draw();
  number("instructions", instructions());
  number("log_prob", stack_bytes(log_prob));
  if (forward) number("forward", stack_bytes(forward)), number("inverse", stack_bytes(inverse)), number("sample", stack_bytes(draw_sample));
  for (int i = 0; i < POINTS; i++) {
    union { float value; uint32_t bits; } y = {log_prob(points[i])};
    number("value", y.bits);
  }
  end(!self_test || self_test());
}

extern uint32_t stack_top;
__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {&stack_top, reset, fault, fault, fault, fault, fault};

/* newlib's functions call it. */
int *__errno(void) { static int value; return &value; }
