function [value, gradient] = loss_value(l, variations)
%LOSS_VALUE Value and gradient of a loss.
%   [VALUE, GRADIENT] = jkoflow.loss_value(L, VARIATIONS) takes the first
%   variation of an energy at each snapshot, a column each.
  [value, gradient] = jkoflow_mex('loss_value', l, variations);
end
