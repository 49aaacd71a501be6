function v = version()
%VERSION Version of the library, such as '0.1.0'.
%   V = jkoflow.version() is text.
  v = jkoflow_mex('version');
end
