function c = covariance(learned, p, q)
%COVARIANCE Covariance of learned parameters.
%   C = jkoflow.covariance(LEARNED, P, Q) is a matrix, for numbers of parameters
%   that count from 1; without Q it is Q = P, without P all parameters. LEARNED
%   comes from jkoflow.fit, jkoflow.flow_fit or jkoflow.count_fit.
  if nargin < 2
    p = 1:numel(learned.parameters);
  end
  if nargin < 3
    q = p;
  end
  c = jkoflow_mex('covariance', learned.fitted, p, q);
end
