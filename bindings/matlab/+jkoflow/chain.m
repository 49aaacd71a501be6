function g = chain(mass, source, target, conductance, varargin)
%CHAIN Make a reversible chain from its reference measure.
%   G = jkoflow.chain(PI, SOURCE, TARGET, CONDUCTANCE) has the reference
%   measure PI, of sum one, and edges between nodes counted from 1 with the
%   conductances PI(x) * K(x,y). Duplicates is 'refuse' or 'sum'.
  g = jkoflow_mex('chain', mass, source, target, conductance, varargin{:});
end
