function [theta, gradient, hessian] = mobility(mean, s, t)
%MOBILITY A mean of two densities, the mobility of an edge.
%   [THETA, GRADIENT, HESSIAN] = jkoflow.mobility(MEAN, S, T) for 'logarithmic',
%   'geometric', 'harmonic' or 'arithmetic'. GRADIENT is [theta_s; theta_t],
%   HESSIAN is [theta_ss; theta_st; theta_tt].
  [theta, gradient, hessian] = jkoflow_mex('mobility', mean, s, t);
end
