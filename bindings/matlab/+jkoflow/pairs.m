function count = pairs(p)
%PAIRS Number of steps that a problem has seen.
%   COUNT = jkoflow.pairs(P)
  count = jkoflow_mex('pairs', p);
end
