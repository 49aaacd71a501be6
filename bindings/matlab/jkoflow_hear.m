function [stop, identifier, message] = jkoflow_hear(listener, progress)
%JKOFLOW_HEAR Call the function of the option Progress; jkoflow_mex does.
%   An error in it comes back as text, since it must not pass the library.
  identifier = '';
  message = '';
  try
    stop = listener(progress);
    stop = isscalar(stop) && logical(stop);
  catch trouble
    stop = true;
    identifier = trouble.identifier;
    message = trouble.message;
    if isempty(message)
      message = 'an error without a message';
    end
  end
end
