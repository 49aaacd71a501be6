function build(directory, library)
%BUILD Compile jkoflow_mex for this MATLAB or Octave.
%   build() takes the library that `cargo build --release` made, and puts the
%   MEX file beside this file. build(DIRECTORY, LIBRARY) names both.
%
%   The library is linked into the MEX file, which needs no other file then and
%   shows no symbol but its own entry.
  here = fileparts(mfilename('fullpath'));
  root = fullfile(here, '..', '..');
  if nargin < 1
    directory = here;
  end
  if nargin < 2
    library = fullfile(root, 'target', 'release', 'libjkoflow.a');
    if ispc
      library = fullfile(root, 'target', 'release', 'jkoflow.lib');
    end
  end
  if exist(library, 'file') ~= 2
    error('jkoflow:build', '%s is not there; run `cargo build --release` in %s', library, root);
  end
  include = ['-I' fullfile(root, 'include')];
  files = dir(fullfile(here, 'src', '*.c'));
  sources = cellfun(@(name) fullfile(here, 'src', name), {files.name}, 'UniformOutput', false);
  if exist('OCTAVE_VERSION', 'builtin')
    for_octave(directory, include, sources, library);
  else
    for_matlab(directory, include, sources, library);
  end
end

function for_octave(directory, include, sources, library)
  sources{end + 1} = fullfile(fileparts(sources{1}), 'octave.cc');
  before = getenv('CFLAGS');
  restore = onCleanup(@() setenv('CFLAGS', before));
  % errors of Octave are exceptions of C++ that pass the frames of the MEX file
  setenv('CFLAGS', '-std=c99 -O2 -fPIC -fexceptions -Wall -Wextra');
  output = fullfile(directory, ['jkoflow_mex.' mexext()]);
  flags = linking();
  [text, status] = mkoctfile('--mex', '-o', output, include, sources{:}, library, flags{:});
  if status ~= 0
    error('jkoflow:build', 'mkoctfile failed: %s', text);
  end
end

function for_matlab(directory, include, sources, library)
  flags = {};
  if isunix() && ~ismac()
    flags = {['LDFLAGS=$LDFLAGS ' strjoin(linking())], 'CFLAGS=$CFLAGS -std=c99 -fexceptions'};
  elseif ispc
    flags = {'-lws2_32', '-luserenv', '-lntdll', '-lbcrypt', '-ladvapi32'};
  end
  mex('-R2018a', '-DJKOFLOW_MATLAB', '-outdir', directory, '-output', 'jkoflow_mex', flags{:}, ...
      include, sources{:}, library, '-lut');
end

function flags = linking()
  flags = {};
  if isunix() && ~ismac()
    exports = fullfile(fileparts(mfilename('fullpath')), 'src', 'exports.map');
    flags = {['-Wl,--version-script=' exports], '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', ...
             '-Wl,-s', '-lgcc_s', '-lutil', '-lrt', '-lpthread', '-lm', '-ldl', '-lc'};
  end
end
