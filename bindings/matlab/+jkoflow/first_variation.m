function dF = first_variation(e, mu)
%FIRST_VARIATION First variation of an energy.
%   DF = jkoflow.first_variation(E, MU) has a number per node.
  dF = jkoflow_mex('first_variation', e, mu);
end
