function check_distribution(g, mu, positive)
%CHECK_DISTRIBUTION Raise an error unless MU is a distribution.
%   jkoflow.check_distribution(G, MU) wants finite masses, not negative, of sum
%   one within 1e-9; with true as a third argument mass on every node, too.
  if nargin < 3
    positive = false;
  end
  jkoflow_mex('check_distribution', g, mu, positive);
end
