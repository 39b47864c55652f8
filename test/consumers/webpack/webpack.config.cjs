module.exports = {
  mode: process.env.NODE_ENV ?? "production",
  entry: "./main.js",
  devtool: false,
  performance: { hints: false },
};
