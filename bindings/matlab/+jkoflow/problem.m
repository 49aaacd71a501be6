function p = problem(g, varargin)
%PROBLEM Start a learning problem, to which data are added.
%   P = jkoflow.problem(G, ...) with the options
%     Terms   a cell array of the terms of the energy; each is a name, or a cell
%             array of a name, its arguments, and maybe 'Bounds', [lower upper]:
%               'potential'            'entropy'         'full_interaction'
%               {'power', m}           {'potential_in', functions}
%               {'interaction_by_hops', reach}
%               {'interaction_by_distance', distances, edges}
%               {'interaction_radial', distances, centres, width}
%               {'interaction_matrix', name, matrix}
%               {'given', name, count}
%             {'potential', 'entropy'} by default; functions are columns
%     Loss    'symmetric' (default), 'backward' (JKO iterates) or 'forward'
%     Weight  'metric' (default) or 'flux'
%     Zeros   'refuse' (default), 'mix' (with ZerosShare) or 'leave_out'
%   and Tolerance, MaxIterations, Mean for the geodesics.
%
%   See also jkoflow.fit, jkoflow.add_trajectory, jkoflow.solve, jkoflow.cross_validate
  p = jkoflow_mex('problem', g, varargin{:});
end
