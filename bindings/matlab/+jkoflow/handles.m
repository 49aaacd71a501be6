function count = handles()
%HANDLES Number of handles that are alive.
%   While there are any, the MEX file is locked: clearing it does nothing.
  count = jkoflow_mex('handles');
end
