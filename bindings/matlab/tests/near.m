function near(value, expected, tolerance, what)
%NEAR An error unless two arrays agree, absolutely.
  if ~isequal(size(value), size(expected))
    error('%s: size [%s], not [%s]', what, num2str(size(value)), num2str(size(expected)));
  end
  miss = max(abs(value(:) - expected(:)));
  if ~(miss <= tolerance)
    error('%s: misses by %g, more than %g', what, miss, tolerance);
  end
end
