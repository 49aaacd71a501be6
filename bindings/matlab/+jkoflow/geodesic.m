function r = geodesic(g, mu0, mu1, varargin)
%GEODESIC The geodesic between two distributions.
%   R = jkoflow.geodesic(G, MU0, MU1) has the fields distance, error_estimate
%   (relative), path_error_estimate, residual, converged, status, iterations,
%   time_nodes, mean, method, reason, and potential_start and potential_end
%   (columns). Nodes may be empty. G is a graph or a solver.
%
%   With the option Times, numbers in [0, 1], it also has mass, density and
%   potential along the path, a column for each time.
%
%   Options: Tolerance, MaxIterations, Mean, TimeLimit, Progress, see
%   jkoflow.options. Where it does not converge, or is stopped, there is a
%   warning such as jkoflow:iterationLimit or jkoflow:cancelled, and the
%   numbers are those of the best path found: an infinite distance, if
%   there was none.
%
%   Example:
%     g = jkoflow.graph('path', 3, 'Reference', 'uniform');
%     r = jkoflow.geodesic(g, [0.6 0.3 0.1], [0.1 0.3 0.6], 'Times', 0:0.25:1);
%
%   See also jkoflow.distance, jkoflow.bounds, jkoflow.solver
  r = jkoflow_mex('geodesic', g, mu0, mu1, varargin{:});
end
