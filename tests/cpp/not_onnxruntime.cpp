// A shared library without OrtGetApiBase.
extern "C" int not_onnxruntime() { return 0; }
