// A signal handler that sets a flag and takes itself off.
#include "cli/interrupt.h"

#include <csignal>
#include <iterator>

namespace relume::cli {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

volatile std::sig_atomic_t g_requested = 0;
struct sigaction g_previous[std::size(kSignals)];
int g_guards = 0;

void note(int) { g_requested = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
  if (g_guards++ > 0) return;
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &action, &g_previous[i]);
}

InterruptGuard::~InterruptGuard() {
  if (--g_guards > 0) return;
  g_requested = 0;
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &g_previous[i], nullptr);
}

bool InterruptGuard::requested() { return g_requested != 0; }

}  // namespace relume::cli
