function value = energy_value(e, mu)
%ENERGY_VALUE Value of an energy.
%   VALUE = jkoflow.energy_value(E, MU), for masses that may be zero.
  value = jkoflow_mex('energy_value', e, mu);
end
