function run_tests()
%RUN_TESTS Run every test_*.m of this directory; an error at the end if one failed.
%   The directories of +jkoflow and of the MEX file are on the path already.
  files = dir(fullfile(fileparts(mfilename('fullpath')), 'test_*.m'));
  failed = {};
  for k = 1:numel(files)
    name = files(k).name(1:end - 2);
    try
      feval(name);
      fprintf('passed %s\n', name);
    catch trouble
      fprintf('FAILED %s: %s\n', name, trouble.message);
      for frame = trouble.stack(:)'
        fprintf('  %s, line %d\n', frame.name, frame.line);
      end
      failed{end + 1} = name;
    end
    jkoflow.free('all');
  end
  if ~isempty(failed)
    error('%d of %d tests failed: %s', numel(failed), numel(files), strjoin(failed, ', '));
  end
  fprintf('all %d passed\n', numel(files));
end
