function varargout = quietly(identifier, action)
%QUIETLY Results of ACTION, which has to give a warning with this identifier.
  lastwarn('', '');
  varargout = cell(1, nargout);
  evalc('[varargout{:}] = action();');
  [~, came] = lastwarn();
  if ~strcmp(came, identifier)
    error('the warning %s was expected, but came "%s"', identifier, came);
  end
end
