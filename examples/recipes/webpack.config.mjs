// webpack 5 needs nothing for voirs. The two headers give a page threads; the files that are loaded at run time
// lie in public/voirs.
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default {
  mode: 'production',
  entry: './src/main.js',
  output: { filename: 'main.js', publicPath: 'auto' },
  devServer: { static: ['public', 'dist'], headers },
  performance: { hints: false },
};
