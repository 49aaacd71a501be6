function [explained, standard_error] = cross_validate(p, blocks, varargin)
%CROSS_VALIDATE How well the terms predict steps that were left out.
%   [EXPLAINED, STANDARD_ERROR] = jkoflow.cross_validate(P, BLOCKS) leaves out
%   blocks of steps in turn. Options: Ridge (one number per term, 0), Included
%   (one number per term, 1 or 0: whether it takes part), Forward (true: learn
%   from earlier blocks only).
  [explained, standard_error] = jkoflow_mex('cross_validate', p, blocks, varargin{:});
end
