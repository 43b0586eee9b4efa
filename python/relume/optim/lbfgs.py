"""LBFGS: a quasi-Newton method with little memory, for losses without noise."""

from .._C import ops
from ._line_search import Point, StrongWolfe
from .optimizer import Optimizer, check_not_negative


class LBFGS(Optimizer):
    """Up to max_iter steps a call, each along the gradient times an inverse Hessian estimated from the last history_size
    steps. step(closure) needs a closure that clears the gradients, computes the loss, calls backward() and returns the
    loss. line_search_fn: None for steps of length lr, or "strong_wolfe". Liu and Nocedal, 1989."""

    def __init__(self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9,
                 history_size=100, line_search_fn=None):  # fmt: skip
        check_not_negative({"learning rate": lr})
        defaults = dict(
            lr=lr, max_iter=max_iter, max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad, tolerance_change=tolerance_change, history_size=history_size,
            line_search_fn=line_search_fn,
        )  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self):
        return self.param_groups[0]["params"]

    def _flat_grad(self):
        """All gradients as one vector."""
        parts = [ops.zeros_like(p).detach() if p.grad is None else p.grad for p in self._params]
        return ops.cat([part.reshape(-1) for part in parts])

    def _move(self, t, direction):
        offset = 0
        for param in self._params:
            param.add_(direction[offset : offset + param.numel()].view(param.shape), alpha=t)
            offset += param.numel()

    def _evaluate(self, closure, t, direction):
        """Loss and gradient after a step, which is then taken back."""
        before = [param.clone() for param in self._params]
        self._move(float(t), direction)
        loss = float(self._loss(closure))
        grad = self._flat_grad()
        for param, values in zip(self._params, before):
            param.copy_(values)
        return loss, grad

    def step(self, closure):
        """Minimises the loss by up to max_iter steps; returns the loss before the first of them."""
        recorded = ops.is_grad_enabled()
        ops._set_grad_enabled(False)
        try:
            return self._minimise(closure)
        finally:
            ops._set_grad_enabled(recorded)

    def _minimise(self, closure):
        group = self.param_groups[0]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = self._loss(closure)
        loss, evaluations = float(first_loss), 1
        state["func_evals"] += 1
        grad = self._flat_grad()
        if grad.abs().max() <= group["tolerance_grad"]:
            return first_loss

        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            self._find_direction(state, grad, group["history_size"])
            d = state["d"]
            state["prev_flat_grad"], state["prev_loss"] = grad.clone(), loss
            lr = float(group["lr"])
            state["t"] = min(1.0, 1.0 / grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            slope = grad.dot(d)
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            loss, new_grad, used = self._go(closure, state, Point(0, loss, grad, slope), evaluations, last)
            evaluations += used
            state["func_evals"] += used
            grad = new_grad
            if last or evaluations >= group["max_eval"] or grad.abs().max() <= group["tolerance_grad"]:
                break
            if d.mul(state["t"]).abs().max() <= group["tolerance_change"]:
                break
            if abs(loss - state["prev_loss"]) < group["tolerance_change"]:
                break
        return first_loss

    def _go(self, closure, state, start, evaluations, last):
        """Takes a step. Returns the loss and gradient there, and how often the closure was called."""
        group, d = self.param_groups[0], state["d"]
        if group["line_search_fn"] is None:
            self._move(state["t"], d)
            if last:
                return start.f, start.g, 0
            return float(self._loss(closure)), self._flat_grad(), 1
        if group["line_search_fn"] != "strong_wolfe":
            raise RuntimeError("only 'strong_wolfe' is supported")
        search = StrongWolfe(
            lambda t: self._evaluate(closure, t, d), d, start, max_ls=group["max_eval"] - evaluations
        )  # fmt: skip
        found = search.run(state["t"])
        state["t"] = found.t
        self._move(float(found.t), d)
        return found.f, found.g, search.evaluations

    @staticmethod
    def _find_direction(state, grad, history_size):
        """The estimated inverse Hessian times the negative gradient, by two loops over the history."""
        if state["n_iter"] == 1:
            state.update(d=grad.neg(), old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        dirs, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = grad.sub(state["prev_flat_grad"]), state["d"].mul(state["t"])
        curvature = y.dot(s)
        if curvature > 1e-10:
            if len(dirs) == history_size:
                for history in (dirs, steps, ro):
                    history.pop(0)
            dirs.append(y)
            steps.append(s)
            ro.append(1.0 / curvature)
            state["H_diag"] = curvature / y.dot(y)

        al = state.setdefault("al", [None] * history_size)
        q = grad.neg()
        for i in reversed(range(len(dirs))):
            al[i] = steps[i].dot(q) * ro[i]
            q.add_(dirs[i], alpha=-al[i])
        d = q.mul(state["H_diag"])
        for i in range(len(dirs)):
            d.add_(steps[i], alpha=al[i] - dirs[i].dot(d) * ro[i])
        state["d"] = d
