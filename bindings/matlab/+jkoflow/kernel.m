function g = kernel(K, varargin)
%KERNEL Make the chain of a transition kernel or generator.
%   G = jkoflow.kernel(K) takes a square matrix with the rates from x to y in
%   K(x,y), reversible; the diagonal is ignored. The option Pi gives the
%   reversible measure; without it, detailed balance finds it.
  g = jkoflow_mex('kernel', sparse(K).', varargin{:});
end
