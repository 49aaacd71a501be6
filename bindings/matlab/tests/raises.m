function raises(identifier, text, action)
%RAISES An error unless ACTION raises one with this identifier, and this text in its message.
  try
    action();
  catch trouble
    if ~strcmp(trouble.identifier, identifier) || ~contains_text(trouble.message, text)
      error('%s with "%s" expected, but came %s: %s', identifier, text, trouble.identifier, ...
            trouble.message);
    end
    return
  end
  error('%s expected, but nothing was raised', identifier);
end

function yes = contains_text(message, text)
  yes = isempty(text) || ~isempty(strfind(message, text));
end
