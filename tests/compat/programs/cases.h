// What the programs of this folder are made of: named cases, each of which prints, or prints the error that it meets.
#pragma once

#include <torch/torch.h>

#include <iostream>
#include <string>

// Prints the name, runs the case, and prints the first line of the error that it throws.
template <class Body>
void run_case(const char* name, Body body) {
  std::cout << "== " << name << '\n';
  try {
    body();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    std::cout << "error: " << text.substr(0, text.find('\n')) << '\n';
  }
}

// Prints the whole text of the error that a call throws.
template <class F>
void print_error(F call) {
  try {
    call();
  } catch (const c10::Error& error) {
    std::cout << error.what_without_backtrace() << '\n';
  }
}

template <class T>
void print(const T& value) {
  std::cout << value << '\n';
}
