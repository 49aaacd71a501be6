function [d, converged, psi0, psi1] = consecutive(g, snapshots, varargin)
%CONSECUTIVE Distances between consecutive snapshots.
%   [D, CONVERGED, PSI0, PSI1] = jkoflow.consecutive(G, SNAPSHOTS) takes a
%   distribution per column. PSI0 and PSI1 are the potentials at the start and
%   end of each geodesic, a column per pair.
%
%   Options: NumThreads, and those of jkoflow.geodesic but Times.
  [d, converged, psi0, psi1] = jkoflow_mex('consecutive', g, snapshots, varargin{:});
end
