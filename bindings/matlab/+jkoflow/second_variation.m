function d2F = second_variation(e, mu, direction)
%SECOND_VARIATION Second variation of an energy in a direction.
%   D2F = jkoflow.second_variation(E, MU, DIRECTION) has a number per node.
  d2F = jkoflow_mex('second_variation', e, mu, direction);
end
