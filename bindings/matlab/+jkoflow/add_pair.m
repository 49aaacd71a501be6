function add_pair(p, g, mu0, mu1, tau, varargin)
%ADD_PAIR Add one step to a problem.
%   jkoflow.add_pair(P, G, MU0, MU1, TAU) solves for the geodesic and adds the
%   step of length TAU. Options: StepWeight (1) and those of jkoflow.geodesic
%   but Times; Mean has to be that of the problem.
  jkoflow_mex('add_pair', p, g, mu0, mu1, tau, varargin{:});
end
